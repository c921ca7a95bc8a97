import type { AlertCondition } from '../../entities/enums.js';
import { afterFailedSignIns } from './conditions/after-failed-sign-ins.js';
import type { Condition } from './conditions/condition.js';
import { firstExportAfterGrant } from './conditions/first-export-after-grant.js';
import { decreased, metadataIs, selfGrant, viewWithoutConnection } from './conditions/of-one-event.js';
import { offHours } from './conditions/off-hours.js';
import { silent } from './conditions/silent.js';
import { unusualVolume } from './conditions/unusual-volume.js';

/** What a rule may ask for beyond its filter, each a module of its own. The list that a new one is added to. */
export const conditions = {
  AFTER_FAILED_SIGN_INS: afterFailedSignIns,
  DECREASED: decreased,
  FIRST_EXPORT_AFTER_GRANT: firstExportAfterGrant,
  METADATA_IS: metadataIs,
  OFF_HOURS: offHours,
  SELF_GRANT: selfGrant,
  SILENT: silent,
  UNUSUAL_VOLUME: unusualVolume,
  VIEW_WITHOUT_CONNECTION: viewWithoutConnection,
} as unknown as Readonly<Record<AlertCondition, Condition>>;
