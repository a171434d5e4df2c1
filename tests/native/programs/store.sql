-- A database of :n orders, in a file, with an index.
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE purchase(id INTEGER PRIMARY KEY, customer INTEGER, day INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)
INSERT INTO purchase
SELECT i, i * 7919 % (:n / 4) + 1, i * 31 % 3650,
       printf('note %d of %x %x', i, i * 2654435761 % 4294967296, i * 40503 % 65536)
FROM n;
CREATE INDEX purchase_customer ON purchase(customer);
