-- The operator chooses the algorithm; what was hashed before was hashed by SHA-512, and stays so.
ALTER TABLE images ADD COLUMN hash_algorithm TEXT;    -- as Python's hashlib names it; null where there is no hash_value

UPDATE images SET hash_algorithm = 'sha512' WHERE hash_value IS NOT NULL;

ALTER TABLE staged_data ADD COLUMN hash_algorithm TEXT NOT NULL DEFAULT 'sha512';
