# Functions, substitution, subshells, pipelines, here-documents, arithmetic.

total=0
while read -r first second _; do
	case $first in
	*[aeiou]) total=$((total + ${#second})) ;;
	esac
done <<LINES
$(head -n 2000 part)
LINES
echo $total
count() {
	grep -c "$1" part
}
for word in the a of "$(head -n 1 part | cut -d' ' -f2)"; do
	echo "$word $(count "$word")"
done
tr -s ' ' '\n' <part | sort | uniq -c | sort -rn | head -n 5
(cd tree && echo *) | wc -w
