// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.steps;

import java.util.Arrays;

/** States, by 64 bits that stand for them, and in how many orders each can end. */
final class Met {
    private long[] keys = new long[1 << 16];
    private double[] orders = new double[1 << 16];
    private int size;

    int size() {
        return size;
    }

    void clear() {
        Arrays.fill(orders, 0);
        size = 0;
    }

    /** In how many orders a state can end, or 0 if it was not met. */
    double get(long key) {
        return orders[placeOf(key)];
    }

    void put(long key, double count) {
        if (2 * size > keys.length) {
            long[] oldKeys = keys;
            double[] oldOrders = orders;
            keys = new long[2 * oldKeys.length];
            orders = new double[keys.length];
            for (int i = 0; i < oldKeys.length; i++) {
                if (oldOrders[i] > 0) {
                    int at = placeOf(oldKeys[i]);
                    keys[at] = oldKeys[i];
                    orders[at] = oldOrders[i];
                }
            }
        }
        int at = placeOf(key);
        size += orders[at] > 0 ? 0 : 1;
        keys[at] = key;
        orders[at] = count;
    }

    private int placeOf(long key) {
        int at = (int) key & keys.length - 1;
        while (orders[at] > 0 && keys[at] != key) {
            at = at + 1 & keys.length - 1;
        }
        return at;
    }
}
