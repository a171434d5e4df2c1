# Compares frames with those of addr2line.
#   awk -f compare_frames.awk WHERE REFERENCE OURS
# WHERE has a line for each address: the address, and the demangled name of the
# symbol it lies in (nm).  REFERENCE is what addr2line -afiC says, OURS what
# vmtrace-resolve does.  Prints what differs, and fails then.
#
# Files, lines and the number of frames must be the same.  Three differences of
# names are accepted; each is checked against the symbol:
#  clone    addr2line names a part of a function as its symbol, `f.cold',
#           `f() [clone .part.0]'; we, in terms of the source, as `f'.
#  inlined  For a function whose debug information has no linkage name, addr2line
#           puts the symbol's name on the innermost frame, even if that is a
#           call inlined into the function.
#  outer    For the same functions we put the symbol's full name on the
#           outermost frame, where addr2line only has the short one.

function fold(path,    parts, n, i, kept, out) {
   n = split(path, parts, "/")
   kept = 0
   for (i = 1; i <= n; i++) {
      if (parts[i] == "." || (parts[i] == "" && i > 1))
         continue
      if (parts[i] == ".." && kept > 0 && out[kept] != "..")
         kept--
      else
         out[++kept] = parts[i]
   }
   path = out[1]
   for (i = 2; i <= kept; i++)
      path = path "/" out[i]
   return path
}

function place(text,    colon) {
   sub(/ \(discriminator [0-9]+\)$/, "", text)
   match(text, /:[0-9?]+$/)
   colon = RSTART
   if (substr(text, 1, colon - 1) == "??")
      return "??:0"
   return fold(substr(text, 1, colon - 1)) ":" (substr(text, colon + 1) + 0)
}

function plain(name) {
   sub(/( \[clone [^\]]*\])+$/, "", name)
   if (name !~ /[( ]/)
      sub(/\.(cold|part|constprop|isra|lto_priv)(\.[0-9]+)?.*$/, "", name)
   return name
}

function names_agree(theirs, ours, symbol, i, n) {
   if (theirs == ours)
      return 1
   if (plain(theirs) == ours)
      accepted["clone"]++
   else if (i == 0 && n > 1 && plain(theirs) == plain(symbol))
      accepted["inlined"]++
   else if (i == n - 1 && ours == plain(symbol))
      accepted["outer"]++
   else
      return 0
   return 1
}

FNR == 1 { file++ }

file == 1 {
   address = $1
   where[address] = substr($0, length($1) + 2)
   order[n_addresses++] = address
   next
}

/^0x[0-9a-f]+$/ {
   address = $0
   sub(/^0x0*/, "", address)
   waiting = 0
   next
}

file == 2 && !waiting {
   name = $0
   waiting = 1
   next
}

file == 2 {
   waiting = 0
   theirs_name[address, theirs_n[address] + 0] = name
   theirs_place[address, theirs_n[address]++] = place($0)
}

file == 3 {
   split($0, part, "\t")
   ours_name[address, ours_n[address] + 0] = part[1]
   ours_place[address, ours_n[address]++] = part[3]
}

END {
   for (k = 0; k < n_addresses; k++) {
      address = order[k]
      wrong = theirs_n[address] != ours_n[address]
      for (i = 0; i < theirs_n[address] && !wrong; i++)
         wrong = theirs_place[address, i] != ours_place[address, i] ||
                 (!ignore_names &&
                  !names_agree(theirs_name[address, i], ours_name[address, i],
                               where[address], i, theirs_n[address]))
      if (!wrong)
         continue
      if (++n_wrong > 5)
         continue
      print "   0x" address " in " where[address]
      for (i = 0; i < theirs_n[address]; i++)
         print "     addr2line: " theirs_name[address, i] " " theirs_place[address, i]
      for (i = 0; i < ours_n[address]; i++)
         print "     vmtrace:   " ours_name[address, i] " " ours_place[address, i]
   }
   summary = n_addresses " addresses"
   for (class in accepted)
      summary = summary ", " accepted[class] " " class
   print "   " summary (n_wrong ? ", " n_wrong " WRONG" : "")
   exit n_wrong > 0 || n_addresses == 0
}
