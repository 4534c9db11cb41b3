const { resolve } = require('node:path')

module.exports = {
  watchFolders: [
    resolve('../shared'),
    resolve('../node_modules'),
    // The loader at the head of the bundle comes from where Metro itself is.
    resolve(require.resolve('metro/package.json'), '../../metro-runtime'),
  ],
  reporter: { update: () => {} },
  resolver: { useWatchman: false },
  maxWorkers: 1,
}
