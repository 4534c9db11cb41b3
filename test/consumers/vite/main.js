import '../shared/app.js'
