DROP FUNCTION vector_engine_nearest, vector_engine_keep, vector_engine, vector_engine_make;
DROP TABLE IF EXISTS chunk_vectors;
DROP TABLE vectors;
DROP TABLE embedded_indexes;
DROP TABLE embedding_settings;
