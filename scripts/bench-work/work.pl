# work.pl FILE: words counted in a hash, found with regular expressions, cut up,
# joined and sorted.
use strict;
use warnings;

my (%count, %by_initial, %follows);
my ($sentences, $doubles, $bytes) = (0, 0, 0);
my $before = '';

while (my $line = <>) {
	chomp $line;
	$sentences++ while $line =~ /\b[A-Z][a-z]*\b[^.]*\./g;
	$doubles++ if $line =~ /([a-z])\1.*\b(\w+)\2/;
	for my $word (split /\W+/, lc $line) {
		$count{$word}++;
		$follows{"$before $word"}++;
		push @{$by_initial{substr $word, 0, 1}}, length $word;
		$before = $word;
	}
	(my $shouted = $line) =~ s/(\w+)ea(\w*)/<$2-$1>/g;
	$bytes += length sprintf '%-20s|%s', $shouted, join ',', reverse split / /, $line;
}

my @top = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
print "$_ $count{$_}\n" for @top[0 .. 9];
for my $initial (sort keys %by_initial) {
	my $sum = 0;
	$sum += $_ for @{$by_initial{$initial}};
	printf "%s %.3f\n", $initial, $sum / @{$by_initial{$initial}};
}
print "$sentences $doubles $bytes ", scalar keys %follows, "\n";
