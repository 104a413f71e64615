-- Tickets are most of what is written: the beginning of a word of theirs has very many hits, among which those of a contact or a
-- device are looked for in vain. So their words are apart.
DROP INDEX search_documents_words;
CREATE INDEX search_documents_words ON search_documents USING GIN (words) WHERE kind = 'ticket';
CREATE INDEX search_documents_words_of_others ON search_documents USING GIN (words) WHERE kind <> 'ticket';
