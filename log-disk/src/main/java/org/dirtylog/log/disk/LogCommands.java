// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.log.disk;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.annotations.GogoCommand;
import org.dirtylog.log.runtime.TableException;
import org.dirtylog.log.runtime.TableLine;
import org.dirtylog.seams.BlockDevice;
import org.dirtylog.seams.Devices;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The shell command that looks at a log. */
@Component(service = LogCommands.class)
@GogoCommand(scope = "log", function = "show")
public final class LogCommands {
    private final Devices devices;

    /**
     * Takes what opens files.
     *
     * @param devices opens the log for reading, also one that a mirror of this process has
     */
    @Activate
    public LogCommands(@Reference Devices devices) {
        this.devices = devices;
    }

    /**
     * Shows a log, ours or the kernel's, and touches nothing.
     *
     * @param session where to print, and what a relative path is relative to
     * @param words   {@code FILE [--table 'LINE'] [--json]}
     * @throws IOException              if the file cannot be read
     * @throws IllegalArgumentException if the words or the line are wrong
     */
    @Descriptor("shows a dirty log, ours or the kernel's: log:show FILE [--table 'LINE'] [--json]. With a table line it"
            + " tells what activating that line would make of the log. Nothing is changed")
    public void show(CommandSession session, String... words) throws IOException {
        ShowArguments asked = ShowArguments.of(words);
        String path = session.currentDir().resolve(asked.file()).toString();
        session.getConsole().println(report(path, asked).strip());
    }

    /** Does what {@link #show} does, and returns it. */
    String report(String path, ShowArguments asked) throws IOException {
        Optional<TableLine> table =
                asked.table().isPresent() ? Optional.of(parsed(asked.table().get())) : Optional.empty();
        String shown = TableLine.word(path);
        try (BlockDevice device = devices.openReadOnly(path)) {
            LookedAtMedium medium = new LookedAtMedium(device);
            Optional<Activation> would = table.isPresent()
                    ? Optional.of(Activation.of(
                            shown, medium, table.get().geometry(), table.get().initialSync()))
                    : Optional.empty();
            LogReport report = LogReport.of(path, shown, medium, would);
            return asked.json() ? report.json() : report.text();
        }
    }

    private static TableLine parsed(String line) {
        DiskLogType type = new DiskLogType();
        try {
            return TableLine.parse(
                    line, name -> name.equals(type.name()) ? Optional.of(type.parameters()) : noLog(name));
        } catch (TableException e) {
            throw new IllegalArgumentException("--table: " + e.getMessage(), e);
        }
    }

    private static Optional<List<String>> noLog(String type) {
        throw new IllegalArgumentException(
                "--table: log type " + type + " keeps no log of this format; log:show can try out type disk");
    }
}
