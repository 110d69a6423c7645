// Jenkins, declarative, for a multibranch pipeline: https://www.jenkins.io/doc/book/pipeline/syntax/
#include "ci/systems.h"

namespace mlops::ci {
namespace {

constexpr std::string_view k_text =
    R"~(// Written by `mlops ci init jenkins` (share/doc/ci.md). Change requests are judged by the rules of their target and can write
// nowhere; the build of @BRANCH@ alone shares runs and promotes a model. In the branch source choose "trust: nobody" for
// forks: then their Jenkinsfile is the target's.
//
// mlops is on the PATH of the agent. The remote's keys belong to a credential that only the folder of @BRANCH@ has.
pipeline {
    agent any
    options {
        disableConcurrentBuilds()
        skipDefaultCheckout()
        timeout(time: 6, unit: 'HOURS')
    }
    environment {
        MLOPS_REMOTE = '@URL@'
    }
    stages {
        stage('Check out') {
            steps {
                deleteDir() // nothing of an earlier build is there
                checkout scm
                sh 'git fetch -q origin "+refs/heads/*:refs/remotes/origin/*"'
            }
        }
        stage('Pull') {
            steps {
                // Another address under this name, as a branch may bring along, is refused.
                sh 'mlops remote add @REMOTE@ "$MLOPS_REMOTE"'
                // What mlops.lock names may never have been shared: then it is made anew.
                sh 'mlops pull -r @REMOTE@ || { rm -f mlops.lock && mlops pull -r @REMOTE@; }'
            }
        }
        stage('Train') {
            steps {
                sh 'mlops train run'
            }
        }
        stage('Gate') {
            steps {
                sh 'mlops ci gate "run:$(mlops train list --ids -n 1)" --junit mlops-gate.xml --report mlops-report.md'
            }
        }
        stage('Promote and share') {
            when {
                branch '@BRANCH@'
                not { changeRequest() }
            }
            steps {
                sh '''
                    run=$(mlops train list --ids -n 1)
                    answer=$(mlops ci gate "run:$run" --json)
                    case $answer in
                        *'"is_champion":true'*) ;;
                        *)
                            mlops register add "run:$run" @MODEL@
                            mlops register promote @MODEL@ @ALIAS@
                            ;;
                    esac
                    mlops push -r @REMOTE@
                '''
            }
        }
    }
    post {
        always {
            junit allowEmptyResults: true, testResults: 'mlops-gate.xml'
            archiveArtifacts allowEmptyArchive: true, artifacts: 'mlops-report.md'
        }
    }
}
)~";

}  // namespace

std::string jenkinsfile(const Settings& settings) { return fill(k_text, settings); }

}  // namespace mlops::ci
