// Real servers for tests: PostgreSQL with pgbouncer, and Redis, from Debian's packages, on private ports and in temporary directories.
// What a test leaves running is ended and removed when its process ends, however that happens.
export { startPostgres } from './postgres.mjs';
export { startRedis } from './redis.mjs';
