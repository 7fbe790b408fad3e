import { createApp } from '../../../../demo-app/app.js';

/** The demo application. */
export default ({ dataFolder }) => createApp({ dataFolder });
