/** Whether a plain `environment` value is a credential, by its look or by its name. Pure. */
import { containsSecretShape } from '../engine/redact.js';

const secretName = /(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)$/i;
const pointsElsewhere = /^(\/|arn:|https?:\/\/|true$|false$|\d+$)/;
const isReference = /^arn:aws[a-z-]*:(secretsmanager|ssm):[a-z0-9-]*:\d*:(secret:|parameter\/)[\w/+=.@:-]*$/;

/** A name that says secret counts too, unless the value is empty or only says where the secret is. */
export const looksLikeSecret = (name: string, value: string): boolean => {
  // The ARN of a secret has the look of `secret: value`.
  if (isReference.test(value)) return false;
  if (containsSecretShape(value)) return true;
  return secretName.test(name) && value !== '' && !pointsElsewhere.test(value);
};
