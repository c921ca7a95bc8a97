import { AppError } from '../../services/errors.js';

/** How large an operation may be; each bound is inclusive. */
export interface AdmissionLimits {
  /** UTF-8 bytes of the query text, comments included: the parser's own limit does not count those. */
  maxQueryBytes: number;
  maxTokens: number;
  /** Levels of fields with fragments expanded; `edges`, `node`, `nodes` and `pageInfo` are no level. */
  maxDepth: number;
  /** Aliases that differ from the name of their field, in the whole document. */
  maxAliases: number;
  /** Uses of directives, in the whole document. */
  maxDirectives: number;
  maxFragments: number;
  maxRootFieldsQuery: number;
  maxRootFieldsMutation: number;
  /** Objects that the operation could return, estimated from the sizes of its pages. */
  maxNodes: number;
}

/** What is measured, in words. */
const measures: Record<string, string> = {
  queryBytes: 'bytes of query text',
  tokens: 'tokens',
  depth: 'levels of fields',
  aliases: 'aliases',
  directives: 'directives',
  fragments: 'fragments',
  rootFields: 'root fields',
  credentialFields: 'root fields that sign in',
  nodes: 'estimated objects',
  listInput: 'entries in a list of the input',
  inputDepth: 'levels of nesting in the variables',
  cost: 'points of cost',
};

/** The refusal of an operation that is over a limit; `actual` is left out where counting stopped at the bound. */
export function exceeded(limit: string, max: number, actual?: number, more: Record<string, unknown> = {}): AppError {
  const told = actual === undefined ? '' : `, and this has ${actual}`;
  return new AppError('LIMIT_EXCEEDED', `At most ${max} ${measures[limit] ?? limit} are allowed${told}.`, {
    limit,
    max,
    ...(actual === undefined ? {} : { actual }),
    ...more,
  });
}
