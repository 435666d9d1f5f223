import type { Argv, CommandModule } from 'yargs';
import type { CommandEntry } from '../command-table.ts';
import type { Finish } from '../finish.ts';

/** Adds a command to the program. */
export type Define = (argv: Argv) => Argv;

/** Each is loaded when it is asked for: what it is made of is more than what all commands have in common. In the order of the help. */
const COMMANDS = {
  plan: async (finish) => {
    const { planCommand } = await import('./plan.ts');
    return added(planCommand(finish));
  },
  apply: async (finish) => {
    const { applyCommand } = await import('./apply.ts');
    return added(applyCommand(finish));
  },
  verify: async (finish) => {
    const { verifyCommand } = await import('./verify.ts');
    return added(verifyCommand(finish));
  },
  rollback: async (finish) => {
    const { rollbackCommand } = await import('./rollback.ts');
    return added(rollbackCommand(finish));
  },
  confirm: async (finish) => {
    const { confirmCommand } = await import('./confirm.ts');
    return added(confirmCommand(finish));
  },
  status: async (finish) => {
    const { statusCommand } = await import('./status.ts');
    return added(statusCommand(finish));
  },
  recover: async (finish) => {
    const { recoverCommand } = await import('./recover.ts');
    return added(recoverCommand(finish));
  },
  history: async (finish) => {
    const { historyCommand } = await import('./history.ts');
    return added(historyCommand(finish));
  },
  report: async (finish) => {
    const { reportCommand } = await import('./report.ts');
    return added(reportCommand(finish));
  },
  snapshot: async (finish) => {
    const { snapshotCommand } = await import('./snapshot.ts');
    return added(snapshotCommand(finish));
  },
  waiver: async (finish) => {
    const { waiverCommand } = await import('./waiver.ts');
    return added(waiverCommand(finish));
  },
  explain: async () => {
    const { explainCommand } = await import('./explain.ts');
    return added(explainCommand());
  },
  record: async (finish) => {
    const { recordCommand } = await import('./record.ts');
    return added(recordCommand(finish));
  },
  profile: async () => {
    const { profileCommand } = await import('./profile.ts');
    return added(profileCommand());
  },
  doctor: async (finish) => {
    const { doctorCommand } = await import('./doctor.ts');
    return added(doctorCommand(finish));
  },
  schema: async () => {
    const { schemaCommand } = await import('./schema.ts');
    return added(schemaCommand());
  },
  completion: async (_, program) => {
    const { completionCommand } = await import('./completion.ts');
    return added(completionCommand(program));
  },
} satisfies Readonly<Record<string, (finish: Finish, program: () => Promise<CommandEntry>) => Promise<Define>>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES: readonly CommandName[] = Object.keys(COMMANDS).filter(isCommandName);

export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** @param program all commands, for the one that prints their completion. */
export function commandNamed(name: CommandName, finish: Finish, program: () => Promise<CommandEntry>): Promise<Define> {
  return COMMANDS[name](finish, program);
}

function added<U>(command: CommandModule<object, U>): Define {
  return (argv) => argv.command(command);
}
