type Instance = (...args: never[]) => unknown;

/**
 * A plain row shaped like an entity: its scalars under their own names, each relation as its id (`assignee` is
 * `assigneeId`). What reads take instead of managed entities.
 */
export type RowOf<E> = {
  [
    K in keyof E as K extends string
      ? E[K] extends Instance
        ? never
        : NonNullable<E[K]> extends { id: string }
          ? `${K}Id`
          : K
      : never
  ]: NonNullable<E[K]> extends { id: string } ? string | Extract<E[K], null> : Exclude<E[K], undefined>;
};
