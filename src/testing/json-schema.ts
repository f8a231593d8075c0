/**
 * Judges values by a JSON Schema (draft 7), as far as schema/assertions.schema.json goes: an independent reading of it for the tests.
 * A keyword that is not known here is an error, so that nothing of the schema goes unread.
 */

type Schema = Readonly<Record<string, unknown>>;

const NOTES = new Set(['$schema', 'id', '$id', 'description', 'title', 'default', 'definitions']);

/** @returns where the value is not what the schema says, as `path: keyword`; empty: it is. */
export function schemaProblems(root: object, value: unknown): string[] {
  return new Judge(root as Schema).problems(root as Schema, value, '');
}

class Judge {
  readonly #root: Schema;

  constructor(root: Schema) {
    this.#root = root;
  }

  problems(schema: Schema, value: unknown, path: string): string[] {
    return Object.entries(schema).flatMap(([keyword, of]) => {
      if (NOTES.has(keyword)) return [];
      // Of an object that stands beside "properties", what is left over is judged with them.
      if (keyword === 'additionalProperties') return this.#properties(schema, value, path);
      if (keyword === 'properties')
        return 'additionalProperties' in schema ? [] : this.#properties(schema, value, path);
      return this.#keyword(keyword, of, value, path);
    });
  }

  #keyword(keyword: string, of: unknown, value: unknown, path: string): string[] {
    const unless = (isFine: boolean): string[] => (isFine ? [] : [`${path}: ${keyword}`]);
    const branches = (): string[][] => (of as Schema[]).map((each) => this.problems(each, value, path));
    const isText = typeof value === 'string';
    const keys = isMapping(value) ? Object.keys(value) : null;
    switch (keyword) {
      case '$ref':
        return this.problems(this.#definition(of as string), value, path);
      case 'allOf':
        return branches().flat();
      case 'anyOf':
        return unless(branches().some(({ length }) => length === 0));
      case 'oneOf':
        return unless(branches().filter(({ length }) => length === 0).length === 1);
      case 'type':
        return unless([of].flat().includes(typeOf(value)));
      case 'const':
        return unless(value === of);
      case 'enum':
        return unless((of as unknown[]).includes(value));
      case 'pattern':
        return unless(!isText || new RegExp(of as string).test(value));
      case 'minLength':
        return unless(!isText || value.length >= (of as number));
      case 'maxLength':
        return unless(!isText || value.length <= (of as number));
      case 'minItems':
        return unless(!Array.isArray(value) || value.length >= (of as number));
      case 'maxItems':
        return unless(!Array.isArray(value) || value.length <= (of as number));
      case 'items':
        if (!Array.isArray(value)) return [];
        return value.flatMap((item, index) => this.problems(of as Schema, item, `${path}/${index}`));
      case 'minProperties':
        return unless(keys === null || keys.length >= (of as number));
      case 'maxProperties':
        return unless(keys === null || keys.length <= (of as number));
      case 'required':
        return unless(keys === null || (of as string[]).every((name) => keys.includes(name)));
      case 'propertyNames':
        return (keys ?? []).flatMap((name) =>
          this.problems(of as Schema, name, `${path}/${name} (its name)`),
        );
      case 'dependencies':
        return unless(
          keys === null ||
            Object.entries(of as Record<string, string[]>).every(
              ([name, others]) => !keys.includes(name) || others.every((other) => keys.includes(other)),
            ),
        );
      default:
        throw new Error(`no such keyword is known here: ${keyword}`);
    }
  }

  #properties(
    { properties = {}, additionalProperties = true }: Schema,
    value: unknown,
    path: string,
  ): string[] {
    if (!isMapping(value)) return [];
    const known = properties as Record<string, Schema>;
    return Object.entries(value).flatMap(([name, inner]) => {
      const at = `${path}/${name}`;
      const schema = Object.hasOwn(known, name) ? known[name]! : additionalProperties;
      if (typeof schema === 'boolean') return schema ? [] : [`${at}: additionalProperties`];
      return this.problems(schema as Schema, inner, at);
    });
  }

  #definition(ref: string): Schema {
    const name = /^#\/definitions\/(\w+)$/.exec(ref)?.[1];
    const definition = (this.#root.definitions as Record<string, Schema>)[name ?? ''];
    if (definition === undefined) throw new Error(`nothing is at ${ref}`);
    return definition;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
