// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.sim.world;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Coroutines on the JDK's internal continuations (21 and later), which are what virtual threads are made of. */
final class ContinuationCarrier implements Carrier {
    private static final Object SCOPE;
    private static final MethodHandle MAKE;
    private static final MethodHandle RUN;
    private static final MethodHandle YIELD;

    static {
        Object scope = null;
        MethodHandle make = null;
        MethodHandle run = null;
        MethodHandle yield = null;
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            Class<?> scopeType = Class.forName("jdk.internal.vm.ContinuationScope");
            Class<?> type = Class.forName("jdk.internal.vm.Continuation");
            scope = scopeType.getConstructor(String.class).newInstance("simulation");
            make = MethodHandles.insertArguments(
                            lookup.findConstructor(type, MethodType.methodType(void.class, scopeType, Runnable.class)),
                            0,
                            scope)
                    .asType(MethodType.methodType(Object.class, Runnable.class));
            run = lookup.findVirtual(type, "run", MethodType.methodType(void.class))
                    .asType(MethodType.methodType(void.class, Object.class));
            yield = MethodHandles.insertArguments(
                            lookup.findStatic(type, "yield", MethodType.methodType(boolean.class, scopeType)), 0, scope)
                    .asType(MethodType.methodType(void.class));
        } catch (ReflectiveOperationException | RuntimeException e) {
            scope = null;
        }
        SCOPE = scope;
        MAKE = make;
        RUN = run;
        YIELD = yield;
    }

    static boolean isThere() {
        return SCOPE != null;
    }

    private record Continued(Object continuation) implements Coroutine {
        @Override
        public void resume() {
            try {
                RUN.invokeExact(continuation);
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        /** Nobody refers to its stack any more. */
        @Override
        public void abandon() {}
    }

    @Override
    public Coroutine create(Runnable body) {
        try {
            return new Continued((Object) MAKE.invokeExact(body));
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public void suspend() {
        try {
            YIELD.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("a coroutine could not be switched, perhaps under a monitor", e);
    }

    @Override
    public boolean isFast() {
        return true;
    }
}
