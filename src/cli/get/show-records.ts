import type { RecordListener } from '../../client/index.ts';
import { RecordType } from '../../protocol/index.ts';
import { colorsFor } from '../colors.ts';
import { type Host, tell } from '../host.ts';
import { describeRecord, ParamsStream } from './describe-record.ts';

/** Shows the records of a connection on the standard error: `>` was sent, `<` received. */
export function showRecords(host: Host): RecordListener {
  const { cyan, green, dim } = colorsFor(host.process.stderr, host.process.env);
  const params = new ParamsStream();
  return (direction, record) => {
    const [sign, paint] = direction === 'sent' ? ['>', cyan] : ['<', green];
    const sent = record.type === RecordType.PARAMS && direction === 'sent';
    const { head, content } = describeRecord(record);
    tell(host, `${sign} ${paint(head)}`);
    for (const line of sent ? params.push(record.content) : content) {
      tell(host, `${sign}   ${dim(line)}`);
    }
  };
}
