// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.itest;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.dirtylog.log.DirtyLog;
import org.dirtylog.log.DirtyLogException;
import org.dirtylog.log.DirtyLogType;
import org.dirtylog.log.LogHost;
import org.dirtylog.log.LogSpec;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.dirtylog.seams.RecordFolder;

/** Makes calls of devices, records and logs throw, by name: {@code leg0.force}, {@code log.write}, {@code record.rename}. */
final class Faults {
    private final Map<String, Supplier<Throwable>> faults = new ConcurrentHashMap<>();

    void set(String call, Supplier<Throwable> fault) {
        faults.put(call, fault);
    }

    void heal() {
        faults.clear();
    }

    private <T> T around(Class<T> type, String name, T real) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Supplier<Throwable> fault = faults.get(name + "." + method.getName());
                    if (fault != null) {
                        throw fault.get();
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** The same devices; a leg goes by its file's name, the medium by {@code log}, the records by {@code record}. */
    Devices of(Devices real) {
        return new Devices() {
            @Override
            public BlockDevice openLeg(String name) throws IOException {
                return around(BlockDevice.class, Path.of(name).getFileName().toString(), real.openLeg(name));
            }

            @Override
            public BlockDevice openMedium(String path, long bytes, Missing missing) throws IOException {
                return around(BlockDevice.class, "log", real.openMedium(path, bytes, missing));
            }

            @Override
            public BlockDevice openReadOnly(String path) throws IOException {
                return real.openReadOnly(path);
            }

            @Override
            public RecordFolder records() {
                return around(RecordFolder.class, "record", real.records());
            }
        };
    }

    /** The same type; its logs go by {@code dirtyLog}. */
    DirtyLogType of(DirtyLogType real) {
        return new DirtyLogType() {
            @Override
            public String name() {
                return real.name();
            }

            @Override
            public List<String> parameters() {
                return real.parameters();
            }

            @Override
            public DirtyLog create(LogSpec spec, LogHost host) throws DirtyLogException {
                return around(DirtyLog.class, "dirtyLog", real.create(spec, host));
            }
        };
    }
}
