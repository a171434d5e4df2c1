// Objects, arrays, strings, maps and regular expressions; functions that are run often
// enough to be compiled.  With `threads', a part of it in two workers as well.
'use strict';
const fs = require('fs');

function countWords(text) {
	const counts = new Map();
	for (const word of text.toLowerCase().match(/[a-z]+/g))
		counts.set(word, (counts.get(word) || 0) + 1);
	return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function sieve(limit) {
	const composite = new Uint8Array(limit);
	let nPrimes = 0;
	for (let n = 2; n < limit; n++) {
		if (composite[n])
			continue;
		nPrimes++;
		for (let i = n * n; i < limit; i += n)
			composite[i] = 1;
	}
	return nPrimes;
}

function insert(node, key) {
	if (node === null)
		return {key, left: null, right: null};
	if (key < node.key)
		node.left = insert(node.left, key);
	else
		node.right = insert(node.right, key);
	return node;
}

function depth(node) {
	return node === null ? 0 : 1 + Math.max(depth(node.left), depth(node.right));
}

function work(path) {
	const counts = countWords(fs.readFileSync(path, 'latin1'));
	let tree = null;
	for (let key = 1, i = 0; i < 30000; i++) {
		key = key * 48271 % 2147483647;
		tree = insert(tree, key);
	}
	return [counts.length, counts[0].join(' '), sieve(500000), depth(tree)].join(' ');
}

const {Worker, isMainThread, parentPort} = require('worker_threads');
if (!isMainThread) {
	parentPort.postMessage(work('part'));
} else {
	console.log(work('part'));
	if (process.argv[2] === 'threads')
		for (let i = 0; i < 2; i++)
			new Worker(__filename).on('message', (said) => console.log(said));
}
