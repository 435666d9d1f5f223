#!/usr/bin/perl
# Runs commands for the machine's owner, who holds the other end of the serial port named harden.commands.
# A line in: "NUMBER HEX", the hex of a text for bash. A line out: "NUMBER EXIT-CODE HEX HEX", what it printed and what it complained.
# One after the other; 128 and the signal's number where a signal ended it. Needs nothing but perl-base.
use strict;
use warnings;

my $port;
for (1 .. 50) {
  $port = find_port() and last;
  select undef, undef, undef, 0.1;
}
exit 0 unless defined $port; # a machine that was started without the port
open my $channel, '+<:raw', $port or die "$port: $!\n";
my $folder = '/run/harden-test';
mkdir $folder, 0700;
my $buffer = '';
while (1) {
  my $got = sysread $channel, $buffer, 65536, length $buffer;
  if (!$got) {
    select undef, undef, undef, 0.05; # nobody at the other end yet
    next;
  }
  while ($buffer =~ s/^([^\n]*)\n//) {
    my ($number, $hex) = $1 =~ /^(\d+) ((?:[0-9a-f]{2})*)$/ or next;
    answer("$number " . run(pack 'H*', $hex) . "\n");
  }
}

sub find_port {
  for my $name_file (glob '/sys/class/virtio-ports/*/name') {
    open my $handle, '<', $name_file or next;
    my $name = <$handle>;
    return '/dev/' . (split m{/}, $name_file)[4] if $name eq "harden.commands\n";
  }
  return undef;
}

sub run {
  my ($script) = @_;
  my $pid = fork // die "fork: $!\n";
  if ($pid == 0) {
    setpgrp;
    open STDIN, '<', '/dev/null' and open STDOUT, '>', "$folder/stdout" and open STDERR, '>', "$folder/stderr" or exit 125;
    exec '/bin/bash', '-c', $script or exit 126;
  }
  waitpid $pid, 0;
  my $code = $? & 127 ? 128 + ($? & 127) : $? >> 8;
  return join ' ', $code, map { unpack 'H*', content("$folder/$_") } 'stdout', 'stderr';
}

sub content {
  my ($path) = @_;
  open my $handle, '<:raw', $path or return '';
  local $/;
  return <$handle> // '';
}

sub answer {
  my ($line) = @_;
  while (length $line) {
    my $sent = syswrite $channel, $line;
    if (defined $sent) {
      $line = substr $line, $sent;
    } else {
      select undef, undef, undef, 0.05;
    }
  }
}
