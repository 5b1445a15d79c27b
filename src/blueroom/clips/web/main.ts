// A clip's public page wants its looks only; the crew's page of clips has a #screen, and its
// stream brings a ClipsState, then ClipsChanges: see wire.ts.
import '../../design/web/base.css';
import './clip.css';

if (document.getElementById('screen')) void import('./editor');
