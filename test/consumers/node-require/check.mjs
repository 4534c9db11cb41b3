import './main.cjs'
