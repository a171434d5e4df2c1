-- :n orders, two indices on them, and queries that go through these.
CREATE TABLE purchase(id INTEGER PRIMARY KEY, customer INTEGER, day INTEGER, note TEXT);

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)
INSERT INTO purchase
SELECT i, i * 7919 % (:n / 4) + 1, i * 31 % 3650,
       printf('note %d of %x %x', i, i * 2654435761 % 4294967296, i * 40503 % 65536)
FROM n;

CREATE INDEX purchase_customer ON purchase(customer);
CREATE INDEX purchase_note ON purchase(note);

SELECT count(*), sum(length(note)) FROM purchase WHERE customer % 7 = 0;
SELECT count(*) FROM purchase AS a JOIN purchase AS b ON a.customer = b.customer
WHERE a.day % 11 = 0;
SELECT note FROM purchase ORDER BY note LIMIT 2 OFFSET :n / 2;
UPDATE purchase SET day = day + 1 WHERE customer % 5 = 0;
SELECT sum(day) FROM purchase;
