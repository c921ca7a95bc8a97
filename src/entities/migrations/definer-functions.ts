/**
 * Hands functions that look across workspaces to the role that may, as the first migration does with those it makes;
 * from then on only the roles named may call them.
 */
export const handToDefiner = (functions: readonly string[], callers: string): string => `
-- A function's new owner needs CREATE on its schema for the moment it takes it over.
grant create on schema public to verbatim_definer;
${functions
  .map(
    (name) => `
alter function ${name} owner to verbatim_definer;
revoke all on function ${name} from public;
grant execute on function ${name} to ${callers};`,
  )
  .join('')}
revoke create on schema public from verbatim_definer;
`;
