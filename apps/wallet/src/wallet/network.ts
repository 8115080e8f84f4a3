/** Whether this wallet may use the network: as every app of this browser. */
export { isConnected, isSwitchedOff, onNetwork } from '@sokkin/ui';
