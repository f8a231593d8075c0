// The one direction of imports that docs/architecture.md describes: a folder may import only from folders above it
// in this list. Files directly in src/ compose the folders and may import all of them.
const order = [
  'capture',
  'packet',
  'tcp',
  'resp',
  'rdb',
  'replication',
  'analysis',
  'report',
  'otlp',
  'check',
  'embedded',
  'cli',
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...order.slice(0, -1).map((folder, index) => ({
      name: `${folder}-imports-only-upwards`,
      severity: 'error',
      from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^src/((${order.slice(index + 1).join('|')})/|[^/]+\\.ts$)` },
    })),
    {
      // The sans-I/O core: bytes and packet times in, facts out. Of crypto and zlib only checksums, which compute at once.
      name: 'core-does-no-io',
      severity: 'error',
      from: { path: '^src/(packet|tcp|resp|rdb|replication|analysis)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import'],
    },
  },
};
