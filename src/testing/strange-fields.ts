import type { Shape } from '../check/shape.js';

/** Paths of a value that its shape does not have, or at which it is of another type or another word. */
export function strangeFields(shape: Shape, value: unknown, path: string): string[] {
  if (value === null || shape.kind === 'any') return [];
  if (shape.kind === 'list')
    return (value as unknown[]).flatMap((item, index) => strangeFields(shape.of, item, `${path}[${index}]`));
  if (shape.kind === 'map')
    return Object.entries(value as object).flatMap(([name, item]) =>
      strangeFields(shape.of, item, `${path}.${name}`),
    );
  if (shape.kind === 'object')
    return Object.entries(value as object).flatMap(([name, item]) => {
      const field = shape.fields[name];
      return field === undefined ? [`${path}.${name}`] : strangeFields(field, item, `${path}.${name}`);
    });
  if (shape.kind !== 'text') return typeof value === shape.kind ? [] : [path];
  return typeof value === 'string' && (shape.values?.includes(value) ?? true) ? [] : [path];
}
