# Looks at every object of a folder until it gets a TERM, and then says what it saw: perl watch.pl FOLDER. One line for each name, inode,
# mode, owner, group and size that stood there at some moment. The size and the access are of one stat, so of one moment.
use strict;
use warnings;
my ($folder) = @ARGV;
my %seen;
my $looks = 0;
my $ended = 0;
$SIG{TERM} = sub { $ended = 1 };
$| = 1;
print "begun\n";
until ($ended) {
    opendir(my $handle, $folder) or die $!;
    for my $name (readdir $handle) {
        next if $name eq '..' or $name eq '.';
        my (undef, $inode, $mode, undef, $uid, $gid, undef, $size) = lstat "$folder/$name" or next;
        $seen{sprintf "%s %d %o %d %d %d", $name, $inode, $mode & 07777, $uid, $gid, $size} = 1;
    }
    closedir $handle;
    $looks++;
}
print "$_\n" for sort keys %seen;
print "looks $looks\n";
