-- SQLite only: on PostgreSQL the words of others are apart already.
SELECT 1;
