import {
  execute,
  getOperationAST,
  getVariableValues,
  Kind,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { recordRevealed } from '../../services/reveal.js';
import type { ApiContext } from '../context.js';
import { formatError, MAX_ERRORS } from '../errors.js';
import type { ErrorCode } from '../../services/error-codes.js';
import type { Metrics } from '../../services/metrics/metrics.js';

/** Compiled operations kept; each is a few hundred kilobytes of code at the most. */
const MAX_COMPILED = 500;

/** What is executed. */
export interface Operation {
  document: DocumentNode;
  operationName: string | null;
  variables: Record<string, unknown>;
  /** The same for the same text and operation. */
  key: string;
}

/** An answer whose errors are those that callers see. */
export interface FormattedResult {
  data?: Record<string, unknown> | null;
  errors?: GraphQLFormattedError[];
  extensions?: Record<string, unknown>;
}

/** Executes admitted operations, compiled once each. The one executor: of HTTP, of WebSocket and of each delivery. */
export class Execution {
  readonly #compiled = new Map<string, CompiledQuery | null>();

  /** @param compiles whether operations are compiled; they are executed in the ordinary way otherwise. */
  constructor(
    readonly schema: GraphQLSchema,
    private readonly compiles = true,
    private readonly metrics?: Metrics,
  ) {}

  /** Never throws: whatever goes wrong is an error of the result. */
  async run(operation: Operation, context: ApiContext, rootValue?: unknown): Promise<FormattedResult> {
    // With a root value it is an event of a stream, and no operation that somebody sent.
    if (!this.metrics || rootValue !== undefined) return this.#run(operation, context, rootValue);
    const began = performance.now();
    const result = await this.#run(operation, context, rootValue);
    const type = getOperationAST(operation.document, operation.operationName)?.operation ?? 'query';
    this.metrics.executed(type, codeOf(result), (performance.now() - began) / 1_000);
    return result;
  }

  async #run(operation: Operation, context: ApiContext, rootValue: unknown): Promise<FormattedResult> {
    const { log } = context.open.app;
    const requestId = context.open.request.id;
    try {
      const result = await this.#execute(operation, context, rootValue);
      // Read before reveal: what cannot be recorded is not shown.
      if (!context.revealed.empty && rootValue === undefined) await recordRevealed(context.call, context.revealed);
      if (!result.errors?.length) return { data: result.data ?? null };
      const errors = result.errors
        .slice(0, MAX_ERRORS)
        .map((error: GraphQLError) => formatError(error, requestId, log));
      return { errors, ...(result.data === undefined ? {} : { data: result.data }) };
    } catch (error) {
      return { errors: [formatError(error, requestId, log)] };
    }
  }

  async #execute(operation: Operation, context: ApiContext, rootValue: unknown): Promise<ExecutionResult> {
    const { document, operationName, variables, key } = operation;
    const compiled = this.compiles ? this.#compile(document, operationName, key) : null;
    if (compiled) {
      const result = await compiled.query(rootValue, context, variables);
      return result.data === undefined ? { errors: this.#wrongVariables(operation) ?? result.errors ?? [] } : result;
    }
    return execute({
      schema: this.schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: context,
      rootValue,
    });
  }

  /** What is wrong with the variables. The compiler takes a part of one for a variable, and says so to callers. */
  #wrongVariables({ document, operationName, variables }: Operation): readonly GraphQLError[] | undefined {
    const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
    return getVariableValues(this.schema, definitions, variables, { maxErrors: MAX_ERRORS }).errors;
  }

  #compile(document: DocumentNode, operationName: string | null, key: string): CompiledQuery | null {
    const known = this.#compiled.get(key);
    if (known !== undefined) {
      // Moved to the end: what is not used for longest goes first.
      this.#compiled.delete(key);
      this.#compiled.set(key, known);
      return known;
    }
    const result = mayLeavePartsOut(document) ? null : compileQuery(this.schema, document, operationName ?? undefined);
    // What cannot be compiled is executed in the ordinary way.
    const compiled = result && isCompiledQuery(result) ? result : null;
    if (this.#compiled.size >= MAX_COMPILED) this.#compiled.delete(this.#compiled.keys().next().value!);
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

const codeOf = ({ errors }: FormattedResult): ErrorCode | 'OK' =>
  (errors?.[0]?.extensions?.['code'] as ErrorCode | undefined) ?? 'OK';

/**
 * Whether a variable that need not be given stands inside an object that the text writes out. Where it is not given the
 * field is absent, which the compiler takes for null; and null takes away what absent leaves.
 */
function mayLeavePartsOut(document: DocumentNode): boolean {
  const optional = new Set<string>();
  let depth = 0;
  let found = false;
  visit(document, {
    VariableDefinition({ variable, type, defaultValue }) {
      if (type.kind !== Kind.NON_NULL_TYPE && !defaultValue) optional.add(variable.name.value);
      return false;
    },
    ObjectValue: {
      enter() {
        depth += 1;
      },
      leave() {
        depth -= 1;
      },
    },
    Variable({ name }) {
      if (depth > 0 && optional.has(name.value)) found = true;
    },
  });
  return found;
}
