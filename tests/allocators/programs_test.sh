#!/bin/sh
# Real programs say the same with each allocator as with the C library's.
. "${srcdir:-.}/tests/allocators/expect.sh"

"$here/make-trace" balanced 3 >"$scratch/lines"
cat >"$scratch/work.py" <<'END'
import json, re, subprocess, threading
words = [str(i * 7919 % 10007) * 3 for i in range(4000)]
found = []
def work(part):
    found.append((part, len(json.dumps({word: [word] * 5 for word in words[part::4]}))))
threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(found), len(re.findall("1+2", " ".join(words))))
print(subprocess.run(["echo", "child"], capture_output=True).stdout)
END
cat >"$scratch/work.sql" <<'END'
create table t(a integer, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
  insert into t select i * 7919 % 3001, hex(i * i) from n;
create index t_b on t(b);
select count(*), sum(a), max(b) from t where b > '4';
select b, count(*) from t group by length(b) order by a limit 5;
END

# compare PROGRAM ARGS...
n_programs=0
compare() {
	command -v "$1" >/dev/null || {
		echo "left out: there is no $1"
		return
	}
	n_programs=$((n_programs + 1))
	try "$@"
	is "$1 by itself: status" 0 "$status"
	cp "$scratch/out" "$scratch/wanted"
	is "$1 by itself: says something" yes "$(test -s "$scratch/wanted" && echo yes)"
	for name in $allocators; do
		with "$name" "$@"
		is "$1 with $name: status" 0 "$status"
		is "$1 with $name: complaints" "" "$(cat "$scratch/err")"
		cmp -s "$scratch/wanted" "$scratch/out"
		is "$1 with $name: the same output" 0 $?
	done
}
compare ls -l /usr/bin
compare sort --parallel=4 -S 64k -T "$scratch" "$scratch/lines"
compare sqlite3 -init "$scratch/work.sql" "" .quit
compare python3 "$scratch/work.py"
echo "$n_programs programs"
finish
