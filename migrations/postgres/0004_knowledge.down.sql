DROP TABLE search_totals;
DROP TABLE postings;
DROP TABLE chunks;
DROP TABLE documents;
DROP TABLE collections;
