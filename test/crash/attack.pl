# Exchanges two names with renameat2(RENAME_EXCHANGE) until it gets a TERM, and then says how often it did: perl attack.pl A B.
use strict;
use warnings;
my ($first, $second) = @ARGV;
# The number of renameat2: 316 on x86-64, 276 on arm64.
my $number = `uname -m` =~ /aarch64/ ? 276 : 316;
my $exchanges = 0;
my $ended = 0;
$SIG{TERM} = sub { $ended = 1 };
$| = 1;
print "begun\n";
until ($ended) {
    # One of the names is missing for a moment while the test puts things in order.
    $exchanges++ if syscall($number, -100, $first, -100, $second, 2) == 0;
}
print "$exchanges\n";
