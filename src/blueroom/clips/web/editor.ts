// The crew's page of a session's clips.
import './editor.css';
import { mount } from 'svelte';
import { readBoot } from '../../design/web/boot';
import { Clips, type ClipsBoot } from './clips.svelte';
import Page from './Clips.svelte';

const { screen, boot } = readBoot<ClipsBoot>();
const clips = new Clips(boot);
mount(Page, { target: screen, props: { clips } });
clips.start();
