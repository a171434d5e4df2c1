-- What store.sql has stored, read: by the index, and all of it.
SELECT count(*), sum(length(note)) FROM purchase WHERE customer % 7 = 0;
SELECT sum(day) FROM purchase WHERE customer BETWEEN :n / 100 AND :n / 80;
SELECT sum(day) FROM purchase WHERE customer BETWEEN :n / 100 AND :n / 80;
SELECT sum(length(note)) FROM purchase;
