DROP INDEX users_imported;
