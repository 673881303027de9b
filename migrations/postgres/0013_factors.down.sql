ALTER TABLE sessions DROP COLUMN proven_at;
DROP TABLE mfa_challenges;
DROP TABLE mfa_recovery_codes;
DROP TABLE mfa_factors;
