/**
 * A network that can be switched off: while it is, every call to the back-end really is refused, so that whatever
 * still works in the story works without it.
 */
import { SokkinError } from '@sokkin/codec';
import type { BackendApi } from '@sokkin/terminal';

export interface Network {
  online: boolean;
}

export function over(network: Network, api: BackendApi): BackendApi {
  const reach = async <T>(call: () => Promise<T>): Promise<T> => {
    if (network.online) return call();
    throw new SokkinError('backend_unreachable', 'There is no network.');
  };
  return {
    challenge: () => reach(() => api.challenge()),
    provision: (request) => reach(() => api.provision(request)),
    sync: (purse, request) => reach(() => api.sync(purse, request)),
    fund: (key, request) => reach(() => api.fund(key, request)),
    fundingReceipt: (id, receipt) => reach(() => api.fundingReceipt(id, receipt)),
    redeem: (key, request) => reach(() => api.redeem(key, request)),
    redemptionPayment: (id, payment) => reach(() => api.redemptionPayment(id, payment)),
  };
}
