import { registerEnumType } from 'type-graphql';

/** Registers an enum of the API; `each` says of every value what it means. */
export function named<T extends string>(
  values: Readonly<Record<T, T>>,
  name: string,
  description: string,
  each: Readonly<Record<T, string>>,
): Readonly<Record<T, T>> {
  const valuesConfig = Object.fromEntries(
    Object.entries<string>(each).map(([value, text]) => [value, { description: text }]),
  );
  registerEnumType(values, { name, description, valuesConfig: valuesConfig as Record<T, { description: string }> });
  return values;
}
