-- Tickets are most of what is written: the beginning of a word of theirs has very many hits, among which those of a contact or a
-- device are looked for in vain. So the words of all others are apart. The kind of a document never changes.
DROP TRIGGER search_documents_inserted;
DROP TRIGGER search_documents_deleted;
DROP TRIGGER search_documents_updated;
CREATE VIRTUAL TABLE search_words_of_others USING fts5 (
    text, content = 'search_documents', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO search_words_of_others (rowid, text) SELECT id, text FROM search_documents WHERE kind <> 'ticket';
INSERT INTO search_words (search_words, rowid, text)
    SELECT 'delete', id, text FROM search_documents WHERE kind <> 'ticket';
CREATE TRIGGER search_documents_inserted AFTER INSERT ON search_documents WHEN new.kind = 'ticket' BEGIN
    INSERT INTO search_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER search_documents_deleted AFTER DELETE ON search_documents WHEN old.kind = 'ticket' BEGIN
    INSERT INTO search_words (search_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER search_documents_updated AFTER UPDATE OF text ON search_documents WHEN old.kind = 'ticket' BEGIN
    INSERT INTO search_words (search_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO search_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER search_documents_inserted_of_others AFTER INSERT ON search_documents WHEN new.kind <> 'ticket' BEGIN
    INSERT INTO search_words_of_others (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER search_documents_deleted_of_others AFTER DELETE ON search_documents WHEN old.kind <> 'ticket' BEGIN
    INSERT INTO search_words_of_others (search_words_of_others, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER search_documents_updated_of_others AFTER UPDATE OF text ON search_documents WHEN old.kind <> 'ticket' BEGIN
    INSERT INTO search_words_of_others (search_words_of_others, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO search_words_of_others (rowid, text) VALUES (new.id, new.text);
END;
