// SPDX-License-Identifier: Apache-2.0
package org.dirtylog.mirror.home;

import java.io.IOException;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.dirtylog.mirror.MirrorException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.cm.ConfigurationEvent;
import org.osgi.service.cm.SynchronousConfigurationListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What mirrors are asked to be, as ConfigAdmin has it: factory {@value #FACTORY}, one configuration for each name. Files of
 * {@code etc/} are put there, and any other client may do the same. Whatever happens to a configuration, what it is
 * <em>then</em> is told; so it does not matter in which order events come.
 */
final class Configurations implements EtcWatch.Listener, SynchronousConfigurationListener {
    static final String FACTORY = "org.dirtylog.mirror";

    private static final Logger LOG = LoggerFactory.getLogger(Configurations.class);
    private static final String BEFORE_NAME = FACTORY + "~";

    /** Is told what is wanted. None of it blocks. */
    interface Listener {
        void wanted(String mirror, Settings settings);

        /** Its file is wrong; what was wanted before it is still. */
        void refused(String mirror, MirrorException why);

        void unwanted(String mirror);
    }

    private final EtcFolder etc;
    private final ConfigurationAdmin admin;
    private final Listener listener;

    /** Held while a file and its configuration are read or written, so that neither is put over a newer one. */
    private final Object files = new Object();

    /** The files as they were put into ConfigAdmin, by mirror. Guarded by {@link #files}. */
    private final Map<String, ConfigText> texts = new HashMap<>();

    /**
     * Mirrors of which a command has written the file, until the watch finds that: it is no news, and what another client said
     * after the command stays. Guarded by {@link #files}.
     */
    private final Set<String> written = new HashSet<>();

    Configurations(EtcFolder etc, ConfigurationAdmin admin, Listener listener) {
        this.etc = etc;
        this.admin = admin;
        this.listener = listener;
    }

    // ---- from files -------------------------------------------------------------------------------------------------

    @Override
    public void found(String fileName) {
        String mirror = MirrorFile.mirrorName(fileName).orElseThrow();
        try {
            synchronized (files) {
                MirrorFile.requireNameOf(fileName);
                ConfigText text = read(mirror);
                if (!isOurs(mirror, text)) {
                    put(mirror, text);
                }
            }
        } catch (MirrorException e) {
            listener.refused(mirror, e);
        }
    }

    private boolean isOurs(String mirror, ConfigText text) {
        return written.remove(mirror)
                && texts.containsKey(mirror)
                && texts.get(mirror).toString().equals(text.toString());
    }

    @Override
    public void gone(String fileName) {
        String mirror = MirrorFile.mirrorName(fileName).orElseThrow();
        synchronized (files) {
            if (texts.containsKey(mirror)) {
                drop(mirror);
            }
        }
        // Also one whose file was never right.
        tell(mirror);
    }

    /** The file as it is now. */
    private ConfigText read(String mirror) throws MirrorException {
        String fileName = MirrorFile.fileName(mirror);
        return ConfigText.parse(fileName, etc.read(fileName));
    }

    /**
     * Looks at the file once more, if it is there: as a command asks for it.
     *
     * @throws MirrorException if it is wrong
     */
    void readAgain(String mirror) throws MirrorException {
        synchronized (files) {
            if (etc.has(MirrorFile.fileName(mirror))) {
                put(mirror, read(mirror));
            }
        }
    }

    private void put(String mirror, ConfigText text) throws MirrorException {
        texts.put(mirror, text);
        try {
            of(mirror).update(new Hashtable<>(text.values()));
        } catch (IOException | IllegalStateException e) {
            throw new MirrorException(MirrorFile.fileName(mirror) + ": ConfigAdmin does not take it: " + e, e);
        }
    }

    private void drop(String mirror) {
        texts.remove(mirror);
        written.remove(mirror);
        try {
            of(mirror).delete();
        } catch (IOException | IllegalStateException e) {
            LOG.warn("The configuration {}{} cannot be deleted: {}", BEFORE_NAME, mirror, e.toString());
        }
    }

    // ---- by commands ------------------------------------------------------------------------------------------------

    /**
     * A file that is written and has not its name yet.
     *
     * @param mirror its mirror
     * @param text   what it says
     */
    record Draft(String mirror, ConfigText text) {}

    /** Drafts the file of a new mirror. */
    Draft draft(String mirror, String text) throws MirrorException, IOException {
        String fileName = MirrorFile.fileName(mirror);
        Draft draft = new Draft(mirror, ConfigText.parse(fileName, text));
        etc.draft(fileName, text);
        return draft;
    }

    /**
     * Sets one value of what a mirror is asked to be: in its file, of which every other character stays as it is now; or, if it has
     * none, in ConfigAdmin only.
     *
     * @return all of it
     * @throws MirrorException if the file is wrong
     */
    Settings set(String mirror, String key, String value) throws MirrorException, IOException {
        synchronized (files) {
            if (etc.has(MirrorFile.fileName(mirror))) {
                Draft draft = draftWith(mirror, key, value);
                commit(draft);
                return Settings.of(mirror, draft.text);
            }
            Dictionary<String, Object> properties = of(mirror).getProperties();
            if (properties == null) {
                throw new MirrorException("mirror " + mirror + " has no configuration any more");
            }
            properties.put(key, value);
            of(mirror).update(properties);
            return Settings.of(mirror, BEFORE_NAME + mirror, properties);
        }
    }

    /** Finds out whether {@link #set} will do, without doing it. */
    void requireWritable(String mirror, String key, String value) throws MirrorException, IOException {
        synchronized (files) {
            if (etc.has(MirrorFile.fileName(mirror))) {
                dropDraft(draftWith(mirror, key, value));
            }
        }
    }

    private Draft draftWith(String mirror, String key, String value) throws MirrorException, IOException {
        return draft(mirror, read(mirror).with(key, value).toString());
    }

    /** Gives a draft its name, and ConfigAdmin what it says. */
    void commit(Draft draft) throws IOException {
        synchronized (files) {
            etc.commit(MirrorFile.fileName(draft.mirror));
            written.add(draft.mirror);
            try {
                put(draft.mirror, draft.text);
            } catch (MirrorException e) {
                // The mirror is what the file says all the same.
                LOG.warn("{}", e.getMessage());
            }
        }
    }

    void dropDraft(Draft draft) throws IOException {
        etc.dropDraft(MirrorFile.fileName(draft.mirror));
    }

    /** Removes file and configuration. */
    void remove(String mirror) throws IOException {
        synchronized (files) {
            etc.delete(MirrorFile.fileName(mirror));
            drop(mirror);
        }
    }

    // ---- from ConfigAdmin -------------------------------------------------------------------------------------------

    private Configuration of(String mirror) throws IOException {
        // With a question mark, whoever asks for it may have it; it belongs to no bundle.
        return admin.getFactoryConfiguration(FACTORY, mirror, "?");
    }

    /** Tells of the configurations that other clients have made before. */
    void begin() {
        try {
            Configuration[] known = admin.listConfigurations("(service.factoryPid=" + FACTORY + ")");
            for (Configuration configuration : known == null ? new Configuration[0] : known) {
                nameOf(configuration.getPid()).ifPresent(this::tell);
            }
        } catch (IOException | InvalidSyntaxException e) {
            LOG.error(
                    "The configurations {} cannot be listed, those of files only are started: {}",
                    FACTORY,
                    e.toString());
        }
    }

    @Override
    public void configurationEvent(ConfigurationEvent event) {
        if (FACTORY.equals(event.getFactoryPid())) {
            nameOf(event.getPid()).ifPresent(this::tell);
        }
    }

    private static Optional<String> nameOf(String pid) {
        try {
            String name = pid.startsWith(BEFORE_NAME) ? pid.substring(BEFORE_NAME.length()) : "";
            MirrorFile.requireName(name);
            return Optional.of(name);
        } catch (MirrorException e) {
            LOG.error(
                    "The configuration {} is passed over: {}. Make it with getFactoryConfiguration(\"{}\", NAME, \"?\")",
                    pid,
                    e.getMessage(),
                    FACTORY);
            return Optional.empty();
        }
    }

    /** Tells what is wanted of a mirror now. */
    void tell(String mirror) {
        synchronized (files) {
            Dictionary<String, Object> properties = null;
            try {
                properties = of(mirror).getProperties();
            } catch (IOException | IllegalStateException e) {
                // Deleted at this moment, or ConfigAdmin is stopping, and so are we.
                LOG.debug("no configuration {}{}: {}", BEFORE_NAME, mirror, e.toString());
            }
            if (properties == null) {
                listener.unwanted(mirror);
                return;
            }
            Settings settings = Settings.of(mirror, BEFORE_NAME + mirror, properties);
            ConfigText text = texts.get(mirror);
            boolean fromFile = text != null && text.values().equals(settings.values());
            listener.wanted(mirror, fromFile ? Settings.of(mirror, text) : settings);
        }
    }

    /** Names the file of a mirror for messages. */
    String place(String mirror) {
        return etc + "/" + MirrorFile.fileName(mirror);
    }
}
