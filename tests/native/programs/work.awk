# Words counted, turned round and joined.
{
	for (i = 1; i <= NF; i++) {
		count[$i]++
		turned = ""
		for (c = length($i); c > 0; c--)
			turned = turned substr($i, c, 1)
		if (turned == $i)
			same[$i] = NR
	}
	length_of[NR] = length($0)
}
END {
	for (word in count)
		n++
	for (word in same)
		joined += length(word) * same[word]
	for (line = 1; line <= NR; line++)
		total += length_of[line]
	print n, joined, total
}
