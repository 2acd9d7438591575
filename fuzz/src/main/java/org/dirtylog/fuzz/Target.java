// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.fuzz;

import java.util.List;

/**
 * Gives one parser of the product any bytes and holds what it does against an invariant, which the class comment states. An
 * implementation is public, and its public constructor without arguments takes the product's parser; another one takes a
 * broken parser, to show that the invariant can fail. For one thread.
 */
public interface Target {

    /**
     * Tries one input.
     *
     * @param input any bytes; the first few choose circumstances
     * @throws Broken    if the invariant does not hold
     * @throws Exception likewise: whatever a parser throws beyond the refusals that it documents escapes from here
     */
    void tryOut(byte[] input) throws Exception;

    /**
     * What to begin with.
     *
     * @return inputs that reach far, made from what the product writes itself
     */
    List<byte[]> seeds();

    /**
     * How much one input may have this thread allocate.
     *
     * @return bytes, for the target's own needs too
     */
    long mostBytes();
}
