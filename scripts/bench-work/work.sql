-- Tables filled, indexed, joined, grouped and changed.  :n is how many orders.
CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE purchase(id INTEGER PRIMARY KEY, customer INTEGER, day INTEGER,
                      amount REAL, note TEXT);

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n / 10)
INSERT INTO customer
SELECT i, printf('name %d', i * 7919 % 4001), printf('city %d', i % 97) FROM n;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :n)
INSERT INTO purchase
SELECT i, i * 7919 % (:n / 10) + 1, i * 31 % 365, i * 37 % 1000 / 10.0,
       printf('note %d of %x', i, i * 2654435761)
FROM n;

CREATE INDEX purchase_customer ON purchase(customer);
CREATE INDEX purchase_day ON purchase(day, amount);
CREATE INDEX customer_name ON customer(name);

SELECT city, count(*), round(sum(amount), 1)
FROM customer JOIN purchase ON purchase.customer = customer.id
GROUP BY city ORDER BY 3 DESC LIMIT 5;

SELECT day, max(amount), min(note) FROM purchase
WHERE day BETWEEN 100 AND 200 AND note LIKE '%a%' GROUP BY day LIMIT 5;

SELECT count(*) FROM customer AS a JOIN customer AS b
ON a.name = b.name AND a.id < b.id;

UPDATE purchase SET amount = amount * 1.1 WHERE customer % 3 = 0;
DELETE FROM purchase WHERE day > 300;
SELECT count(*), round(total(amount), 1) FROM purchase;
