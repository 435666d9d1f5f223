import type { Point } from './machine-bench.ts';
import { APPLY, failed } from './machine-bench.ts';

/** Where our hidden names stand for a moment, and who reads these folders: nobody takes them for theirs. */
export function otherReaders(): Point {
  return {
    what: 'others read while hidden names are there',
    run: async (machine) => {
      const stopped = await machine.check(`perl -e '${STOPPED_BESIDE_RULES}'`, 600_000);
      const names = stopped
        .trim()
        .split('\n')
        .filter((name) => name !== '');
      if (names.length === 0) {
        return ['the moment was not met: no hidden name was seen beside the rules'];
      }
      const seen = await machine.check(PLANT_AND_READ);
      const violations = ['augenrules', 'tmpfiles', 'unit', 'certificates'].flatMap((reader) =>
        seen.includes(`${reader} ok\n`) ? [] : [`${reader} takes up a hidden name (${names.join(' ')}): ${seen}`],
      );
      const ended = await machine.run(
        'kill -CONT $(cat /run/apply.pid); while kill -0 $(cat /run/apply.pid) 2>/dev/null; do sleep 0.2; done; tail -n 3 /run/apply.log; grep -q "Verified on the live host" /run/apply.log',
        600_000,
      );
      return [...violations, ...failed(ended).map((one) => `the apply afterwards: ${one}`)];
    },
  };
}

/** Prints what is hidden in the folder of the audit rules at the moment the program is stopped. */
const STOPPED_BESIDE_RULES = String.raw`
  my $pid = fork;
  if ($pid == 0) { setpgrp; open STDIN, "</dev/null"; open STDOUT, ">/run/apply.log"; open STDERR, ">&STDOUT"; exec split / /, "${APPLY} --confirm-within never" }
  open my $file, ">/run/apply.pid"; print $file $pid; close $file;
  while (kill(0, $pid) && !waitpid($pid, 1)) {
    if (my @names = glob "/etc/audit/rules.d/.harden-*") {
      kill STOP => $pid;
      @names = glob "/etc/audit/rules.d/.harden-*" or kill(CONT => $pid), next;
      print join "\n", @names;
      exit;
    }
    select undef, undef, undef, 0.01;
  }`;

/** The same names with content of ours in the folders of the other readers: only their name keeps them out. */
const PLANT_AND_READ = String.raw`
  for hidden in /etc/audit/rules.d/.harden-*; do
    name=$(basename "$hidden")
    for place in /etc/audit/rules.d /etc/tmpfiles.d /etc/systemd/system/docker.service.d /etc/docker/certs.d/registry.example:5000; do
      mkdir -p "$place"
      for ending in new old; do
        case $place in
          */rules.d) text='-w /run/planted -p wa -k planted' ;;
          */tmpfiles.d) text='d /run/planted 0777 - - -' ;;
          */docker.service.d) text=$(printf '[Unit]\nDescription=planted') ;;
          *) text=planted ;;
        esac
        printf '%s\n' "$text" >"$place/.harden-0badcafe-9.$ending"
      done
    done
  done
  augenrules >/dev/null 2>&1
  grep -q -e planted -e 'harden-' /etc/audit/audit.rules || echo 'augenrules ok'
  systemd-tmpfiles --cat-config | grep -q planted || echo 'tmpfiles ok'
  systemctl daemon-reload
  systemctl show docker.service -p Description -p DropInPaths | grep -q -e planted -e 0badcafe || echo 'unit ok'
  docker pull registry.example:5000/x 2>&1 | tee /run/pull.log | grep -q -i -e certificate -e 'missing key' -e planted || echo 'certificates ok'
  find /etc -xdev -name '.harden-0badcafe-9.*' -delete
  cat /run/pull.log`;
