/** How every command ends. Scripts depend on these: they never change their meaning. */
export const exitCodes = {
  done: 0,
  /** `verify` found something that is not as it was recorded. */
  findings: 1,
  /** The command line, its input or the environment is wrong. */
  usage: 2,
  /** It could not be done: the database, a port or a file does not play along. */
  failed: 3,
  /** `verify`: no key that the policy trusts has signed. Whatever else there is proves nothing. */
  untrusted: 4,
  /** `verify`: signed, but not going on from the checkpoint that was given. */
  inconsistent: 5,
  /** `import`: some lines were refused; all others are in. */
  rejected: 6,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the exit codes mean, for the end of a help text. */
export const exitCodeHelp = `
Exit codes:
  0  done
  1  verify: the record is not as it was written
  2  the command line, its input or the environment is wrong
  3  it could not be done
  4  verify: not signed by a key that the policy trusts
  5  verify: does not go on from the checkpoint that was given
  6  import: some lines were refused, all others are in
`;
