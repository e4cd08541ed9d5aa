import 'uplot/dist/uPlot.min.css';
import './styles/theme.css';
import './styles/base.css';
import { mount } from 'svelte';
import Shell from './components/frame/shell.svelte';
import { App } from './state/app.svelte.ts';

const app = new App();
mount(Shell, { target: document.getElementById('app')!, props: { app } });
void app.start();
