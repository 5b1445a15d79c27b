// The desk. The page's stream brings a DeskState, then DeskChanges: see wire.ts.
import '../../design/web/base.css';
import './desk.css';
import { mount } from 'svelte';
import { readBoot } from '../../design/web/boot';
import { Desk, type DeskBoot } from './desk.svelte';
import Page from './Desk.svelte';

const { screen, boot } = readBoot<DeskBoot>();
const desk = new Desk(boot);
mount(Page, { target: screen, props: { desk } });
desk.start();
