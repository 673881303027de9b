DROP TABLE vectors;
DROP TABLE embedded_indexes;
DROP TABLE embedding_settings;
